/* data.h - where shipped files are looked for; the rest is public: ets_data_find(), ets_data_list(). */
#ifndef ETI_IO_DATA_H
#define ETI_IO_DATA_H

#include <stddef.h>

/* The folders that ets_data_find() looks in, for a message: "/a/arch, /b/arch". Each is cut to 100 bytes. */
void eti_data_folders(const char *folder, const char *beside, char *to, size_t room);

#endif
