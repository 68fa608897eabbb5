using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Tests.Cpu;

public sealed unsafe class QuadPlanesTests
{
    public static TheoryData<int> All => [.. Enum.GetValues<Planes>().Select(planes => (int)planes)];

    [Theory]
    [MemberData(nameof(All))]
    public void Every_bit_has_a_place_of_its_own(int value)
    {
        var planes = (Planes)value;
        int bits = value / 64;
        var taken = new int[bits];
        foreach (QuadPiece[] quad in QuadPiece.Of(planes))
        {
            int whole = 0;
            foreach (QuadPiece piece in quad)
            {
                int place = piece.Mask << piece.Shift;
                place.ShouldBeLessThan(256);
                (taken[piece.Plane] & place).ShouldBe(0);
                taken[piece.Plane] |= place;
                (whole & piece.Mask).ShouldBe(0);
                piece.Mask.ShouldBeGreaterThan((byte)whole, "lower bits come first");
                whole |= piece.Mask;
            }

            whole.ShouldBe((1 << bits) - 1);
        }

        taken.ShouldAllBe(plane => plane == 255);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void What_is_packed_is_unpacked(int value)
    {
        var planes = (Planes)value;
        const int Blocks = 3;
        byte* quads = stackalloc byte[Blocks * 512], packed = stackalloc byte[Blocks * 512], unpacked = stackalloc byte[Blocks * 512];
        new Random(value).NextBytes(new Span<byte>(quads, Blocks * 512));
        for (int i = 0; i < Blocks * 512; i++)
        {
            quads[i] &= (byte)((1 << value / 64) - 1);
        }

        for (int block = 0; block < Blocks; block++)
        {
            QuadPlanes.Pack(planes, quads + block * 512, packed + block * value);
        }

        QuadPlanes.Unpack(planes, isIndex: false, packed, Blocks, unpacked);
        new Span<byte>(unpacked, Blocks * 512).SequenceEqual(new Span<byte>(quads, Blocks * 512)).ShouldBeTrue();
    }
}
