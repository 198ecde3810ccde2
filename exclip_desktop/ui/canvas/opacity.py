"""The slider for how much of the picture the heat covers."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QSlider, QVBoxLayout, QWidget

from exclip_desktop.session.state import State


class Opacity(QWidget):
    """Shows the heat's opacity as a slider with its value.

    Signals:
        opacity_moved(opacity): the person moved the slider: 0 to 1.

    """

    opacity_moved = Signal(float)

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._says = QLabel()
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, 100)
        self._slider.setSingleStep(5)
        self._slider.setPageStep(20)
        self._slider.setAccessibleName("Opacity of the heat, in percent")
        self._slider.setToolTip("Opacity of the heat: how much it covers the picture (O, Shift+O)")
        self._slider.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(0)
        column.addWidget(self._says)
        column.addWidget(self._slider)
        self._slider.valueChanged.connect(self._on_slider_moved)
        state.view_changed.connect(self._on_view_changed)
        self._on_view_changed()

    def _on_view_changed(self) -> None:
        view = self._state.view
        percent = round(100 * view.opacity)
        self._slider.blockSignals(True)  # the state has told it; only the person tells the state
        self._slider.setValue(percent)
        self._slider.blockSignals(False)
        self._says.setText(f"Heat {percent} %")
        self.setEnabled(view.heat)

    def _on_slider_moved(self, percent: int) -> None:
        self.opacity_moved.emit(percent / 100)
