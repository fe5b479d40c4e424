"""Each view as it looks: what axe-core finds, what does not fit; and a picture of it, if pictures are kept."""
import pytest

from views import DARK, LOOKS, VIEWS


@pytest.mark.parametrize("view", VIEWS)
def test_every_look_of_a_view(demo_page, axe_source, view):
    """The one follows the other without a reload, as on a tablet that is turned in the evening."""
    demo_page.open(VIEWS[view])
    for look, (size, media) in LOOKS.items():
        demo_page.size(*size)
        demo_page.media(**media)
        demo_page.settled()
        demo_page.screenshot("%s-%s" % (view, look))
        assert demo_page.too_wide() == [], look
        if look in ("light", "dark", "phone"):
            assert demo_page.axe(axe_source) == [], look


def test_more_contrast(demo_page, axe_source):
    for view in ("overview", "models"):
        demo_page.open(VIEWS[view])
        for media in ({"prefers_contrast": "more"}, {"prefers_contrast": "more", **DARK}, {"forced_colors": "active"}):
            demo_page.media(**media)
            demo_page.settled()
            demo_page.screenshot("%s-%s" % (view, "-".join(media.values())))
            if "forced_colors" not in media:  # axe-core does not know what the system makes of these
                assert demo_page.axe(axe_source) == [], (view, media)


def test_nothing_moves_where_motion_is_reduced(demo_page):
    demo_page.media(prefers_reduced_motion="reduce")
    for view, address in VIEWS.items():
        demo_page.open(address)
        demo_page.settled()
        assert demo_page.script("return document.getAnimations().map(a => a.effect.target.outerHTML)") == [], view
