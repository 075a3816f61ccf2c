# the remainder of a negative number is that of the unsigned one
-- asm
	r0 = 0xffffffffffffffff ll
	r1 = 0xa ll
	r0 %= r1
	exit
-- result 0x5
