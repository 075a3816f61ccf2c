# also through other registers
-- asm
	r2 = r10
	r2 += -510
	r0 = *(u32 *)(r2 - 4)
	exit
-- refused invalid read from stack R2 off=-514 size=4
