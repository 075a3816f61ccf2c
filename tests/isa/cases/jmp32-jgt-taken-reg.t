# 32-bit > holds
-- asm
	r2 = *(u64 *)(r1 + 0)
	r3 = *(u64 *)(r1 + 8)
	r0 = 1
	if w2 > w3 goto taken
	r0 = 0
taken:
	exit
-- ctx 0xffffffffffffffff 0x1
-- result 0x1
