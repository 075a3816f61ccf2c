# read-modify-write atomics are of 32 or 64 bits
-- asm
	r1 = value ll
	r2 = 1
	lock *(u8 *)(r1 + 0) += r2
	r0 = 0
	exit
-- refused invalid atomic operand size
