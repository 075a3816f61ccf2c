# a weak kfunc that is missing is no error as long as it is not called
-- asm
	r2 = *(u64 *)(r1 + 0)
	r0 = 3
	if r2 == 0 goto out
	kcall #0
out:
	exit
-- ctx 0
-- result 0x3
