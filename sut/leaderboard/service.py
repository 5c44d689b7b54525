"""The leaderboard: who stands where, and pages of it that stay in step while points change."""

from __future__ import annotations

from collections.abc import Sequence

from sut import answers, cursors, paging
from sut.accounts.models import Account
from sut.cache import Area, Entry
from sut.database import UnitOfWork
from sut.leaderboard import repository
from sut.leaderboard.bookmarks import CURSOR_LIFETIME, Bookmark, Place
from sut.leaderboard.schemas import Leaderboard, Standing
from sut.platform import Platform
from sut.predictions.repository import Gain
from sut.tables import AnyRow

AREA = Area("leaderboard", personal=True)
TAG = "leaderboard"
"""The cache tag of every page: points, names and who is on it."""


async def enter(work: UnitOfWork, account: Account) -> None:
    """Let a new account take part, without points, from the current generation on."""
    await repository.enter(work.session, account.id, account.created_at)
    work.stale(TAG)


async def renamed(work: UnitOfWork, account: Account) -> None:
    """An account is shown under another name from now on."""
    work.stale(TAG)


async def erased(work: UnitOfWork, account: Account) -> None:
    """An account stands for nobody from now on; no page that names its owner is kept."""
    work.stale(AREA.emptied_by(TAG))


async def settle(work: UnitOfWork, gains: Sequence[Gain]) -> None:
    """Begin a new generation in which points have changed by `gains`.

    Holds the generation's row until the transaction ends, so results take turns.
    """
    begun = await repository.next_generation(work.session)
    moved = [(gain.account_id, gain.points, gain.exact_hits) for gain in gains]
    await repository.move(work.session, moved, begun)
    await repository.prune(work.session, begun)
    work.stale(TAG)


def get_page(platform: Platform, cursor: str | None, limit: int) -> Entry:
    """A page of the leaderboard as JSON. The pages of one reading show one generation.

    Making it raises Problem (invalid-cursor) for a cursor that is none of ours, loading it for one
    older than 23 hours.
    """
    bookmark = Bookmark.decode(cursor) if cursor is not None else None

    async def load() -> bytes:
        return answers.encode(await _read(platform, bookmark, limit))

    return Entry(AREA, f"{limit}|{cursor}", (TAG,), load)


async def _read(platform: Platform, bookmark: Bookmark | None, limit: int) -> Leaderboard:
    async with platform.database.reading() as session:
        generation, now = await repository.generation(session)
        if bookmark is None:
            begun_at, rank, place = now, 0, None
        else:
            if now - bookmark.begun_at > CURSOR_LIFETIME or bookmark.generation > generation:
                raise cursors.refuse_cursor()
            begun_at, rank, place = bookmark.begun_at, bookmark.rank, bookmark.place
            generation = bookmark.generation
        rows = await repository.page(session, generation, place, limit + 1)

    def bookmark_after(last: AnyRow) -> str:
        return Bookmark(generation, begun_at, rank + limit, _place(last)).encode()

    shown, following = paging.cut(rows, limit, bookmark_after)
    items = [_standing(number, row) for number, row in enumerate(shown, start=rank + 1)]
    return Leaderboard(items=items, next_cursor=following)


def _standing(rank: int, row: AnyRow) -> Standing:
    return Standing(
        rank=rank,
        account_id=row.account_id,
        display_name=row.display_name,
        points=row.points,
        exact_hits=row.exact_hits,
    )


def _place(row: AnyRow) -> Place:
    return Place(row.points, row.exact_hits, row.registered_at, row.account_id)
