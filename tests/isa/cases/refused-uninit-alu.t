# also not to be changed
-- asm
	r0 += 1
	exit
-- refused R0 !read_ok
