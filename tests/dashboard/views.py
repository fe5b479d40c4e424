"""The views, and what a person can look with."""
from browser import DESKTOP, NARROW, PHONE

# Name -> address. One address of each kind of view that has a look of its own.
VIEWS = {
    "overview": "overview",
    "models": "models/image_generation",
    "models-grouped": "models/text_generation?mode=grouped",
    "model": "model/image_generation/Glass%20Frame",
    "changes": "changes/image_generation",
    "unlisted": "unlisted/image_generation",
    "statistics": "statistics/text_generation",
    "help": "help",
}
LIGHT, DARK = {"prefers_color_scheme": "light"}, {"prefers_color_scheme": "dark"}
# 320 pixels are what is left of 1280 when the page is zoomed to 400 %.
LOOKS = {"light": (DESKTOP, LIGHT), "dark": (DESKTOP, DARK), "phone": (PHONE, LIGHT), "phone-dark": (PHONE, DARK),
         "narrow": (NARROW, LIGHT)}
