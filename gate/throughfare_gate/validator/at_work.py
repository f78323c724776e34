"""Keep a gate at work: a code is decided, shown and noted as shown, and the courier tells it."""

import threading
from typing import TYPE_CHECKING

from throughfare_gate.validator.display import Display
from throughfare_gate.validator.flap import Answer, Flap
from throughfare_gate.validator.identity import Identity
from throughfare_gate.validator.screen import Screen
from throughfare_gate.validator.store import Store

if TYPE_CHECKING:
    from throughfare_gate.validator.courier import Courier


class Work:
    """One gate at work, with its courier beside it. Codes may come from several threads."""

    def __init__(self, identity: Identity, store: Store, flap: Flap, display: Display | Screen) -> None:
        self._identity = identity
        self._store = store
        self._flap = flap
        self._display = display
        self._courier: Courier | None = None
        self._connecting = threading.Thread(target=self._connect, daemon=True)
        self._connecting.start()

    def show(self, code: str) -> Answer:
        """Decide about a code and show the answer."""
        answer, after = self._flap.show(code)
        self._display.answer(answer)
        after()
        if self._courier and answer.seq is not None:
            self._courier.has_scans.set()
        return answer

    def end(self, drain_seconds: float) -> None:
        """Give the upload a last chance, and say what still waits."""
        self._connecting.join()
        waiting = self._courier.stop(drain_seconds) if self._courier else self._store.count_untold()
        self._display.note(f"{waiting} scans wait for the server" if waiting else "every scan is reported")

    def _connect(self) -> None:
        """Start the courier: the first code need not wait until the network is there, nor until its library is loaded."""
        from throughfare_gate.validator.courier import Courier  # noqa: PLC0415  see above

        courier = Courier(self._identity, self._store, self._flap, self._display.note)
        courier.start()
        self._courier = courier
