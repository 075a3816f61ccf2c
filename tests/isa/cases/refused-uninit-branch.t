# or compared
-- asm
	r0 = 0
	if r3 == 0 goto out
out:
	exit
-- refused R3 !read_ok
