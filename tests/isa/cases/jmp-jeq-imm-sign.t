# a 64-bit comparison sign-extends its immediate
-- asm
	r2 = *(u64 *)(r1 + 0)
	r0 = 1
	if r2 == -1 goto out
	r0 = 0
out:
	exit
-- ctx 0xffffffff
-- result 0x0
