# or stored
-- asm
	*(u64 *)(r10 - 8) = r5
	r0 = 0
	exit
-- refused R5 !read_ok
