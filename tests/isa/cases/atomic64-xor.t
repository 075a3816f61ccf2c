# atomic xor without fetch leaves the register
-- asm
	r1 = value ll
	r3 = 0x100000005 ll
	*(u64 *)(r1 + 0) = r3
	r2 = 0x1000000000f ll
	lock *(u64 *)(r1 + 0) ^= r2
	r0 = *(u64 *)(r1 + 0)
	r3 = 0x1000000000f ll
	if r2 == r3 goto same
	r0 = 0x99
same:
	exit
-- result 0x1010000000a
