# a register that only some paths write may be read: the kernel may know that the others are impossible
-- asm
	r2 = *(u64 *)(r1 + 0)
	if r2 == 0 goto skip
	r3 = 9
skip:
	r0 = 0
	if r2 == 0 goto out
	r0 = r3
out:
	exit
-- ctx 1
-- result 0x9
