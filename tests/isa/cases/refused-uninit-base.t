# or dereferenced
-- asm
	r0 = *(u64 *)(r4 + 0)
	exit
-- refused R4 !read_ok
