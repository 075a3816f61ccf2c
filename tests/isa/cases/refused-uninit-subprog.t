# a function has only the arguments that it was passed
-- asm
	r1 = 1
	r2 = 2
	call #1000
	r1 = 1
	call f
	exit
f:
	r0 = r2
	exit
-- refused 6: (bf) r0 = r2
-- refused R2 !read_ok
