using Sensorium.Media.Images.Jpeg;

namespace Sensorium.Media.Tests.Jpeg;

/// <summary>The vector kernels against plain arithmetic.</summary>
public unsafe class JpegKernelTests
{
    [Theory]
    [InlineData(0, 60, 255)]
    [InlineData(1, 1, 40)]
    [InlineData(2, 2000, 255)]
    [InlineData(3, 32767, 65535)]
    public void InverseTransformEqualsScalar(int seed, int largest, int largestStep)
    {
        Random random = new(seed);
        byte* room = stackalloc byte[32 + 512];
        short* block = (short*)(((nint)room + 31) & ~31);
        short* steps = block + 64;
        byte* fast = stackalloc byte[8 * 11];
        byte* slow = stackalloc byte[8 * 11];
        for (int i = 0; i < 2000; i++)
        {
            int density = random.Next(1, 64);
            bool firstRowOnly = i % 5 == 0;
            for (int k = 0; k < 64; k++)
            {
                bool used = (k == 0 || random.Next(64) < density) && (k < 8 || !firstRowOnly);
                block[k] = used ? (short)random.Next(-largest - 1, largest + 1) : (short)0;
                steps[k] = (short)random.Next(1, largestStep + 1);
            }

            new Span<byte>(fast, 88).Fill(7);
            new Span<byte>(slow, 88).Fill(7);
            InverseDct.Transform(block, steps, fast, 11);
            InverseDct.TransformScalar(block, steps, slow, 11);
            new ReadOnlySpan<byte>(fast, 88).SequenceEqual(new ReadOnlySpan<byte>(slow, 88)).ShouldBeTrue();
        }
    }

    [Fact]
    public void DcOnlyTransformEqualsScalar()
    {
        byte* room = stackalloc byte[32 + 256];
        short* block = (short*)(((nint)room + 31) & ~31);
        short* steps = block + 64;
        new Span<short>(block, 128).Clear();
        byte* fast = stackalloc byte[64];
        byte* slow = stackalloc byte[64];
        for (int dc = short.MinValue; dc <= short.MaxValue; dc += 7)
        {
            block[0] = (short)dc;
            steps[0] = (short)((dc & 31) + 1);
            InverseDct.TransformDcOnly(block[0], steps[0], fast, 8);
            InverseDct.TransformScalar(block, steps, slow, 8);
            new ReadOnlySpan<byte>(fast, 64).SequenceEqual(new ReadOnlySpan<byte>(slow, 64)).ShouldBeTrue($"dc {dc}");
        }
    }

    [Fact]
    public void ColorsEqualTheFormula()
    {
        byte[] luma = new byte[259];
        byte[] cb = new byte[259];
        byte[] cr = new byte[259];
        byte[] output = new byte[3 * 259];
        for (int b = 0; b < 256; b++)
        {
            for (int r = 0; r < 256; r += 5)
            {
                Array.Fill(cb, (byte)b);
                Array.Fill(cr, (byte)r);
                for (int x = 0; x < 259; x++)
                {
                    luma[x] = (byte)x;
                }

                fixed (byte* y = luma, pb = cb, pr = cr, o = output)
                {
                    ColorConversion.YccToRgb(y, pb, pr, 259, o);
                }

                for (int x = 0; x < 259; x++)
                {
                    int red = (int)Math.Floor((91881.0 * (r - 128) + 32768) / 65536);
                    int green = (int)Math.Floor((-22554.0 * (b - 128) - (46802.0 * (r - 128)) + 32768) / 65536);
                    int blue = (int)Math.Floor((116130.0 * (b - 128) + 32768) / 65536);
                    if (output[3 * x] != Math.Clamp((x & 255) + red, 0, 255)
                        || output[(3 * x) + 1] != Math.Clamp((x & 255) + green, 0, 255)
                        || output[(3 * x) + 2] != Math.Clamp((x & 255) + blue, 0, 255))
                    {
                        Assert.Fail($"Y {x & 255} Cb {b} Cr {r}: {output[3 * x]} {output[(3 * x) + 1]} {output[(3 * x) + 2]}");
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(33)]
    [InlineData(100)]
    public void TriangleFilterEqualsTheFormula(int width)
    {
        Random random = new(width);
        byte[] near = new byte[width + 64];
        byte[] far = new byte[width + 64];
        random.NextBytes(near);
        random.NextBytes(far);
        ushort[] sums = new ushort[width + 128];
        byte[] doubled = new byte[(2 * width) + 64];
        byte[] blended = new byte[width + 64];
        fixed (byte* n = near, f = far, d = doubled, b = blended)
        fixed (ushort* s = sums)
        {
            Upsampling.Columns(n, f, blend: true, width, s + 32);
            Upsampling.DoubleWidth(s + 32, width, 8, 7, 4, d);
            Upsampling.Blend(n, f, width, 1, b);
        }

        for (int x = 0; x < width; x++)
        {
            int Sum(int at) => (3 * near[Math.Clamp(at, 0, width - 1)]) + far[Math.Clamp(at, 0, width - 1)];
            doubled[2 * x].ShouldBe((byte)(((3 * Sum(x)) + Sum(x - 1) + 8) >> 4));
            doubled[(2 * x) + 1].ShouldBe((byte)(((3 * Sum(x)) + Sum(x + 1) + 7) >> 4));
            blended[x].ShouldBe((byte)((Sum(x) + 1) >> 2));
        }
    }

    [Theory]
    [InlineData(2, 100)]
    [InlineData(2, 65)]
    [InlineData(3, 50)]
    [InlineData(4, 7)]
    public void RepetitionEqualsTheFormula(int factor, int width)
    {
        byte[] input = new byte[width + 64];
        new Random(width).NextBytes(input);
        byte[] output = new byte[width + 64];
        fixed (byte* i = input, o = output)
        {
            Upsampling.Repeat(i, factor, width, o);
        }

        for (int x = 0; x < width; x++)
        {
            output[x].ShouldBe(input[x / factor]);
        }
    }
}
