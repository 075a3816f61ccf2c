# division by zero gives 0, modulo by zero leaves the register (its lower half, if 32 bits)
-- asm
	r0 = 0xaabbccdd11223344 ll
	r1 = 0
	r0 s%= r1
	exit
-- result 0xaabbccdd11223344
