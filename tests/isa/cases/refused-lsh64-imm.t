# an immediate count of 64 is refused
-- asm
	r0 = 1
	r0 <<= 64
	exit
-- refused invalid shift 64
