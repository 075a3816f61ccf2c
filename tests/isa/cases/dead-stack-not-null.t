# pointers into the frame are not NULL
-- asm
	r2 = r10
	r2 += -8
	r0 = 1
	if r2 != 0 goto out
	call #195896080
out:
	exit
-- result 0x1
