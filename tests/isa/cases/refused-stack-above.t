# and end at r10
-- asm
	r0 = *(u64 *)(r10 - 4)
	exit
-- refused invalid read from stack R10 off=-4 size=8
