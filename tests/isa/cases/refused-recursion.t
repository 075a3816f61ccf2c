# a function may not call itself
-- asm
	call f
	exit
f:
	call f
	exit
-- refused 2: (85) call pc-1
-- refused recursive call from func#1 to func#1
