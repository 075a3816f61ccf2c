# >= holds
-- asm
	r2 = *(u64 *)(r1 + 0)
	r3 = *(u64 *)(r1 + 8)
	r0 = 1
	if r2 >= r3 goto taken
	r0 = 0
taken:
	exit
-- ctx 0x1 0x1
-- result 0x1
