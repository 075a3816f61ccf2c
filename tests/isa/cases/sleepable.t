# a sleepable program may call it
-- asm
	kcall #1005
	exit
-- sleepable
-- result 0x0
