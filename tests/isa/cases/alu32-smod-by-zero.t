# division by zero gives 0, modulo by zero leaves the register (its lower half, if 32 bits)
-- asm
	r0 = 0xaabbccdd11223344 ll
	r1 = 0
	w0 s%= w1
	exit
-- result 0x11223344
