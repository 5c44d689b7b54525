"""Accounts, matches, predictions, scores, forecasts and audit"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.LargeBinary(), nullable=True),
        sa.Column("role", sa.Text(), server_default="player", nullable=False),
        sa.Column("tier", sa.Text(), server_default="free", nullable=False),
        sa.Column("tier_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role in ('player', 'admin')", name=op.f("ck_accounts_role")),
        sa.CheckConstraint("tier in ('free', 'pro', 'elite')", name=op.f("ck_accounts_tier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_index(
        "uq_accounts_email_folded", "accounts", [sa.literal_column("lower(email)")], unique=True
    )
    op.create_table(
        "audit_rows",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_rows")),
    )
    op.create_index(
        "uq_audit_rows_subject_sequence",
        "audit_rows",
        ["subject_kind", "subject_id", "sequence"],
        unique=True,
    )
    op.create_index("ix_audit_rows_actor_id", "audit_rows", ["actor_id"], unique=False)
    op.create_table(
        "audit_heads",
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("subject_kind", "subject_id", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "generations",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("current", sa.BigInteger(), nullable=False),
        sa.Column("advanced_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generations")),
    )
    op.create_table(
        "stale_tags",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column(
            "owed_since",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stale_tags")),
    )
    op.create_table(
        "teams",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("name", name=op.f("uq_teams_name")),
        sa.UniqueConstraint("short_name", name=op.f("uq_teams_short_name")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_idempotency_keys_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "matches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("home_team_id", sa.BigInteger(), nullable=False),
        sa.Column("away_team_id", sa.BigInteger(), nullable=False),
        sa.Column("kick_off", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default="scheduled", nullable=False),
        sa.Column("home_goals", sa.SmallInteger(), nullable=True),
        sa.Column("away_goals", sa.SmallInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status <> 'finished' or home_goals is not null",
            name=op.f("ck_matches_finished_result"),
        ),
        sa.CheckConstraint(
            "status in ('scheduled', 'live', 'finished', 'postponed', 'cancelled')",
            name=op.f("ck_matches_status"),
        ),
        sa.CheckConstraint(
            "(home_goals is null) = (away_goals is null)", name=op.f("ck_matches_both_goals")
        ),
        sa.CheckConstraint("home_team_id <> away_team_id", name=op.f("ck_matches_two_teams")),
        sa.ForeignKeyConstraint(
            ["away_team_id"], ["teams.id"], name=op.f("fk_matches_away_team_id")
        ),
        sa.ForeignKeyConstraint(
            ["home_team_id"], ["teams.id"], name=op.f("fk_matches_home_team_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matches")),
    )
    op.create_index("ix_matches_away_team_id", "matches", ["away_team_id"], unique=False)
    op.create_index("ix_matches_home_team_id", "matches", ["home_team_id"], unique=False)
    op.create_index("ix_matches_kick_off_id", "matches", ["kick_off", "id"], unique=False)
    op.create_table(
        "scores",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.Integer(), server_default="0", nullable=False),
        sa.Column("exact_hits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_generation", sa.BigInteger(), nullable=False),
        sa.Column("until_generation", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_scores_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scores")),
    )
    op.create_index(
        "ix_scores_ranking",
        "scores",
        [
            sa.literal_column("points desc"),
            sa.literal_column("exact_hits desc"),
            "registered_at",
            "account_id",
        ],
        unique=False,
    )
    op.create_index("ix_scores_until_generation", "scores", ["until_generation"], unique=False)
    op.create_index(
        "uq_scores_account_id_current",
        "scores",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("until_generation is null"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("browser_token_hash", sa.LargeBinary(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "last_used_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"], unique=False)
    op.create_index(
        "uq_sessions_browser_token_hash", "sessions", ["browser_token_hash"], unique=True
    )
    op.create_table(
        "forecast_views",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("match_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_forecast_views_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["matches.id"],
            name=op.f("fk_forecast_views_match_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "day", "match_id", name=op.f("pk_forecast_views")),
    )
    op.create_table(
        "predictions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("match_id", sa.BigInteger(), nullable=False),
        sa.Column("home_goals", sa.SmallInteger(), nullable=False),
        sa.Column("away_goals", sa.SmallInteger(), nullable=False),
        sa.Column("points", sa.SmallInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("away_goals between 0 and 20", name=op.f("ck_predictions_away_goals")),
        sa.CheckConstraint("home_goals between 0 and 20", name=op.f("ck_predictions_home_goals")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_predictions_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["match_id"], ["matches.id"], name=op.f("fk_predictions_match_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_predictions")),
    )
    op.create_index("ix_predictions_match_id_id", "predictions", ["match_id", "id"], unique=False)
    op.create_index(
        "uq_predictions_account_id_match_id", "predictions", ["account_id", "match_id"], unique=True
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column(
            "issued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_refresh_tokens_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_tokens")),
    )
    op.create_index("ix_refresh_tokens_session_id", "refresh_tokens", ["session_id"], unique=False)
    op.execute("insert into generations (id, current, advanced_at) values (1, 1, now())")
    op.execute(
        """
        create function refuse_audit_change() returns trigger language plpgsql as $$
        begin
            raise exception 'audit rows are append-only' using errcode = 'restrict_violation';
        end
        $$
        """
    )
    op.execute(
        """
        create trigger audit_rows_append_only before update or delete or truncate on audit_rows
        for each statement execute function refuse_audit_change()
        """
    )


def downgrade() -> None:
    op.execute("drop trigger audit_rows_append_only on audit_rows")
    op.execute("drop function refuse_audit_change()")
    op.drop_index("ix_refresh_tokens_session_id", table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_index("uq_predictions_account_id_match_id", table_name="predictions")
    op.drop_index("ix_predictions_match_id_id", table_name="predictions")
    op.drop_table("predictions")
    op.drop_table("forecast_views")
    op.drop_index("uq_sessions_browser_token_hash", table_name="sessions")
    op.drop_index("ix_sessions_account_id", table_name="sessions")
    op.drop_table("sessions")
    op.drop_index(
        "uq_scores_account_id_current",
        table_name="scores",
        postgresql_where=sa.text("until_generation is null"),
    )
    op.drop_index("ix_scores_until_generation", table_name="scores")
    op.drop_index("ix_scores_ranking", table_name="scores")
    op.drop_table("scores")
    op.drop_index("ix_matches_kick_off_id", table_name="matches")
    op.drop_index("ix_matches_home_team_id", table_name="matches")
    op.drop_index("ix_matches_away_team_id", table_name="matches")
    op.drop_table("matches")
    op.drop_table("idempotency_keys")
    op.drop_table("teams")
    op.drop_table("stale_tags")
    op.drop_table("generations")
    op.drop_table("audit_heads")
    op.drop_index("ix_audit_rows_actor_id", table_name="audit_rows")
    op.drop_index("uq_audit_rows_subject_sequence", table_name="audit_rows")
    op.drop_table("audit_rows")
    op.drop_index("uq_accounts_email_folded", table_name="accounts")
    op.drop_table("accounts")
