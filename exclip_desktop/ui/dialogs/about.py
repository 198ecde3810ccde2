"""The About dialog: version, licence, papers to cite, and the licences of the packages that the program uses."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.version import __version__
from exclip_desktop.ui.models.model_texts import BUNDLED_NOTE
from exclip_desktop.ui.theme import make_app_icon
from exclip_desktop.ui.widgets.screen_size import ScreenKeeper, resize_within_screen

NAME: Final = "exclip desktop"
ICON_PX: Final = 72
WIDTH_PX: Final = 700
DESCRIPTION: Final = (
    "CLIP-like models score how well a caption fits a picture. This program shows which words match which regions: it "
    "computes how much each pair of caption token and image patch adds to the score, with its sign, on this computer."
)
LICENCE: Final = "Free software under the MIT licence. It comes without any warranty."
BIBTEX: Final = """\
@article{moeller2025explaining,
  title   = {Explaining Caption-Image Interactions in {CLIP} models with Second-Order Attributions},
  author  = {M{\\"o}ller, Lucas and Tilli, Pascal and Vu, Ngoc Thang and Pad{\\'o}, Sebastian},
  journal = {Transactions on Machine Learning Research},
  year    = {2025},
  note    = {arXiv:2408.14153}
}

@inproceedings{zhao2024gradient,
  title     = {Gradient-based Visual Explanation for Transformer-based {CLIP}},
  author    = {Zhao, Chenyang and Wang, Kun and Zeng, Xingyu and Zhao, Rui and Chan, Antoni B.},
  booktitle = {Proceedings of the 41st International Conference on Machine Learning},
  series    = {PMLR},
  volume    = {235},
  pages     = {61072--61091},
  year      = {2024}
}
"""
PACKAGES: Final = (
    ("PySide6 and Qt", "LGPL 3"),
    ("PyTorch and torchvision", "BSD 3-clause"),
    ("open_clip", "MIT"),
    ("safetensors, huggingface_hub", "Apache 2.0"),
    ("NumPy", "BSD 3-clause"),
    ("Pillow", "MIT-CMU"),
    ("matplotlib", "matplotlib licence, BSD-compatible"),
    ("colour maps by Peter Kovesi, from colorcet", "CC BY 4.0"),
    ("tqdm", "MPL 2.0 and MIT"),
    ("platformdirs, truststore", "MIT"),
    ("Noto Color Emoji, in the sample pictures", "OFL 1.1; images Apache 2.0"),
)


class AboutDialog(QDialog):
    """Shows what the program does, its version and licence, and the papers to cite."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"About {NAME}")
        tabs = QTabWidget(documentMode=True)
        tabs.addTab(self._citations(), "Papers to cite")
        tabs.addTab(_packages(), "Licences")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addLayout(self._head())
        column.addWidget(_paragraph(DESCRIPTION))
        column.addWidget(_paragraph(BUNDLED_NOTE))
        column.addWidget(_paragraph(LICENCE))
        column.addWidget(tabs, 1)
        column.addWidget(buttons)
        resize_within_screen(self, WIDTH_PX, self.sizeHint().height())
        ScreenKeeper(self)

    def _head(self) -> QHBoxLayout:
        picture = QLabel(pixmap=make_app_icon().pixmap(ICON_PX, ICON_PX))
        name = QLabel(NAME)
        font = name.font()
        font.setPointSizeF(font.pointSizeF() * 1.8)
        font.setBold(True)
        name.setFont(font)
        version = QLabel(f"Version {__version__}")
        version.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words = QVBoxLayout()
        words.addStretch(1)
        words.addWidget(name)
        words.addWidget(version)
        words.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(picture)
        row.addLayout(words, 1)
        return row

    def _citations(self) -> QWidget:
        text = QPlainTextEdit(BIBTEX, readOnly=True, tabChangesFocus=True)
        text.setAccessibleName("Papers to cite, as BibTeX")
        text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        text.setMinimumHeight(text.fontMetrics().lineSpacing() * 6)
        copy = QPushButton("Copy BibTeX")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(BIBTEX))
        page = QWidget()
        column = QVBoxLayout(page)
        column.addWidget(text, 1)
        column.addWidget(copy, 0, Qt.AlignmentFlag.AlignLeft)
        return page


def _packages() -> QPlainTextEdit:
    text = QPlainTextEdit("\n".join(f"{package}: {licence}" for package, licence in PACKAGES), readOnly=True)
    text.setAccessibleName("Licences of the packages")
    text.setTabChangesFocus(True)
    return text


def _paragraph(text: str) -> QLabel:
    return QLabel(text, wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
