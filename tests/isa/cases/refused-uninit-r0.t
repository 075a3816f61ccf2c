# a function that returns nothing has no result
-- asm
	call f
	r0 += 1
	exit
f:
	exit
-- refused R0 !read_ok
