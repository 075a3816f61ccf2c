# an unknown helper behind a branch that constants decide is no error
-- asm
	r1 = 0
	r0 = 4
	if r1 == 0 goto out
	call #195896080
out:
	exit
-- result 0x4
