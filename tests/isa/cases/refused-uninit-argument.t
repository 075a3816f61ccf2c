# or passed
-- asm
	r1 = 1
	r2 = 2
	call #1001
	exit
-- refused 2: (85) call test_sum#1001
-- refused R3 !read_ok
