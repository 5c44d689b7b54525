"""The metadata with every domain's tables loaded."""

from __future__ import annotations

from sqlalchemy import MetaData

import sut.accounts.models
import sut.forecasts.models
import sut.leaderboard.models
import sut.matches.models
import sut.operations.models
import sut.predictions.models  # noqa: F401
from sut.tables import Base

METADATA: MetaData = Base.metadata
