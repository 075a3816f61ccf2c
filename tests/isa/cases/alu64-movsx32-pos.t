# sign-extending move of 32 bits
-- asm
	r1 = 0x17fffffff ll
	r0 = -1
	r0 = (s32)r1
	exit
-- result 0x7fffffff
