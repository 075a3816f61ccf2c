# calls destroy r1-r5
-- asm
	r1 = 1
	call #1000
	r0 = r1
	exit
-- refused R1 !read_ok
