/* The category names the reference knows (doc/reference.md 2.1), in its order. */
#ifndef TERMS_CATEGORY_H
#define TERMS_CATEGORY_H

#include <stdbool.h>
#include <stddef.h>

enum category {
	CATEGORY_BLIP,
	CATEGORY_CLIP,
	CATEGORY_CODEFORMER,
	CATEGORY_CONTROLNET,
	CATEGORY_CONTROLNET_ANNOTATOR,
	CATEGORY_ESRGAN,
	CATEGORY_GFPGAN,
	CATEGORY_SAFETY_CHECKER,
	CATEGORY_IMAGE_GENERATION,
	CATEGORY_TEXT_GENERATION,
	CATEGORY_VIDEO_GENERATION,
	CATEGORY_AUDIO_GENERATION,
	CATEGORY_MISCELLANEOUS,
	CATEGORY_LORA,
	CATEGORY_TI,
	CATEGORY_MAX
};

/* "image_generation", ... */
const char *category_name(enum category);
/* The category of the n bytes at name, or -1. */
int category_find(const char *name, size_t n);
/* Whether AI Horde has status and usage documents for it, and so whether it has a
 * deletion risk: image_generation and text_generation. */
bool category_has_horde(enum category);

#endif
