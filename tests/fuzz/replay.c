/* Runs a fuzzer's function over given files and folders, without libFuzzer. */
#include <dirent.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input is an allocation of its own size, so that a sanitizer sees a byte too many.
 */
static void
replay_file(const char *path, size_t size)
{
	uint8_t *data = malloc(size ? size : 1);
	FILE *f = fopen(path, "rb");

	if (data == NULL || f == NULL || fread(data, 1, size, f) != size)
		err(1, "%s", path);
	fclose(f);
	printf("%s\n", path);
	fflush(stdout); /* the last name printed is the input that failed */
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

static void
replay(const char *path)
{
	char entry[4096];
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (stat(path, &st) != 0)
		err(1, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path, (size_t)st.st_size);
		return;
	}
	d = opendir(path);
	if (d == NULL)
		err(1, "%s", path);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(entry, sizeof(entry), "%s/%s", path, e->d_name);
		replay(entry);
	}
	closedir(d);
}

int
main(int argc, char **argv)
{
	int i;

	if (argc < 2)
		errx(1, "usage: %s FILE|FOLDER ...", argv[0]);
	for (i = 1; i < argc; i++)
		replay(argv[i]);
	return 0;
}
