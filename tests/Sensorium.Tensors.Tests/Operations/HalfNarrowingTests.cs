using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Tests.Operations;

/// <summary>Float16 pages are written by vector code that must round as the framework does.</summary>
public sealed unsafe class HalfNarrowingTests
{
    [Fact]
    public void Floats_narrow_as_the_framework_narrows_them()
    {
        // Every exponent and both signs, mantissas at and around the ties, the edges of the range, and what is no number.
        var values = new List<float>();
        foreach (uint mantissa in new uint[] { 0, 1, 0xfff, 0x1000, 0x1001, 0x1fff, 0x2fff, 0x3000, 0x3001, 0x400000, 0x7fefff, 0x7ff000, 0x7fffff, 0x55555, 0x2aaaaa })
        {
            for (uint exponent = 0; exponent < 256; exponent++)
            {
                values.Add(BitConverter.UInt32BitsToSingle((exponent << 23) | mantissa));
                values.Add(BitConverter.UInt32BitsToSingle(0x80000000 | (exponent << 23) | mantissa));
            }
        }

        var random = new Random(1);
        for (int i = 0; i < 100_003; i++)
        {
            values.Add(BitConverter.Int32BitsToSingle(random.Next(0x33000000, 0x47900000)));
        }

        float[] source = [.. values];
        var halves = new ushort[source.Length];
        fixed (float* from = source)
        fixed (ushort* to = halves)
        {
            HalfFloats.ToF16(from, to, source.Length);
        }

        for (int i = 0; i < source.Length; i++)
        {
            if (halves[i] != BitConverter.HalfToUInt16Bits((Half)source[i]))
            {
                Assert.Fail($"{source[i]:R} became {halves[i]:x4}");
            }
        }
    }
}
