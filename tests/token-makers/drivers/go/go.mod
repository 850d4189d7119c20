module example.com/drive

go 1.19

require example.com/accesstoken v0.0.0

replace example.com/accesstoken => ../../../../examples/token-server/go
