# nor does it know r6-r9 of its caller
-- asm
	r6 = 1
	call f
	exit
f:
	r0 = r6
	exit
-- refused R6 !read_ok
