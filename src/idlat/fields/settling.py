"""Waiting for what Zarr still writes after an object that could not be written."""

from __future__ import annotations

import asyncio

__all__ = ["settle"]

_PATIENCE = 60.0  # seconds for writes under way to end


def settle() -> None:
    """Wait for writes under way: beside one that failed others may be on their way.

    Taken away before they have come, they would come back.
    """
    from zarr.core.sync import sync

    async def settled() -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=_PATIENCE)

    sync(settled())
