# nor through another one
-- asm
	call f
	exit
f:
	call g
	exit
g:
	call f
	exit
-- refused recursive call from func#2 to func#1
