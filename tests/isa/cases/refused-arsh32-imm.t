# an immediate count of 32 is refused
-- asm
	r0 = 1
	w0 s>>= 32
	exit
-- refused invalid shift 32
