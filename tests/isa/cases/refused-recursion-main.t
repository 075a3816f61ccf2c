# nor may main be called
-- asm
	r0 = 0
	call -2
	exit
-- refused recursive call from func#0 to func#0
