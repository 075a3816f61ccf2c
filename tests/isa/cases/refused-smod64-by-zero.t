# division by the immediate 0 is refused
-- asm
	r0 = 1
	r0 s%= 0
	exit
-- refused div by zero
