# frames are 512 bytes deep
-- asm
	*(u64 *)(r10 - 520) = 1
	r0 = 0
	exit
-- refused invalid write to stack R10 off=-520 size=8
