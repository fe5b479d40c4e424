/* The category names, in the reference's order. */
#include "terms/category.h"

#include <string.h>

static const char *const category_names[CATEGORY_MAX] = {
	[CATEGORY_BLIP] = "blip",
	[CATEGORY_CLIP] = "clip",
	[CATEGORY_CODEFORMER] = "codeformer",
	[CATEGORY_CONTROLNET] = "controlnet",
	[CATEGORY_CONTROLNET_ANNOTATOR] = "controlnet_annotator",
	[CATEGORY_ESRGAN] = "esrgan",
	[CATEGORY_GFPGAN] = "gfpgan",
	[CATEGORY_SAFETY_CHECKER] = "safety_checker",
	[CATEGORY_IMAGE_GENERATION] = "image_generation",
	[CATEGORY_TEXT_GENERATION] = "text_generation",
	[CATEGORY_VIDEO_GENERATION] = "video_generation",
	[CATEGORY_AUDIO_GENERATION] = "audio_generation",
	[CATEGORY_MISCELLANEOUS] = "miscellaneous",
	[CATEGORY_LORA] = "lora",
	[CATEGORY_TI] = "ti",
};

const char *
category_name(enum category c)
{
	return category_names[c];
}

int
category_find(const char *name, size_t n)
{
	for (int c = 0; c < CATEGORY_MAX; c++)
		if (strlen(category_names[c]) == n &&
		    memcmp(category_names[c], name, n) == 0)
			return c;
	return -1;
}

bool
category_has_horde(enum category c)
{
	return c == CATEGORY_IMAGE_GENERATION || c == CATEGORY_TEXT_GENERATION;
}
