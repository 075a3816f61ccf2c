# a register that was never written cannot be read
-- asm
	r0 = r2
	exit
-- refused 0: (bf) r0 = r2
-- refused R2 !read_ok
