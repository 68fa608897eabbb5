using FsCheck;
using FsCheck.Fluent;
using Sensorium.Tensors.Formats;

namespace Sensorium.Tensors.Tests.Formats;

public sealed unsafe class NumberFormatTests
{
    [Fact]
    public void Every_half_widens_as_the_framework_widens_it()
    {
        var halves = new ushort[65536];
        for (int i = 0; i < halves.Length; i++)
            halves[i] = (ushort)i;
        var floats = new float[halves.Length];
        // A length that is no multiple of a vector sends the last ones through the scalar path.
        foreach (int length in new[] { 65536, 65535, 17, 1 })
        {
            fixed (ushort* source = halves)
            fixed (float* destination = floats)
                HalfFloats.FromF16(source, destination, length);
            for (int i = 0; i < length; i++)
            {
                float expected = (float)BitConverter.UInt16BitsToHalf((ushort)i);
                if (float.IsNaN(expected))
                    float.IsNaN(floats[i]).ShouldBeTrue();
                else
                    BitConverter.SingleToUInt32Bits(floats[i]).ShouldBe(BitConverter.SingleToUInt32Bits(expected));
                if (!float.IsNaN(expected) && HalfFloats.FromF16((ushort)i) != expected)
                    throw new InvalidOperationException($"scalar {i:x4}");
            }
        }
    }

    [Fact]
    public void Bfloat16_rounds_to_even_and_keeps_specials()
    {
        (float Value, int Bits)[] cases =
        [
            (1f, 0x3f80), (-2f, 0xc000), (0f, 0), (-0f, 0x8000),
            (BitConverter.UInt32BitsToSingle(0x3f808000), 0x3f80), (BitConverter.UInt32BitsToSingle(0x3f818000), 0x3f82),
            (BitConverter.UInt32BitsToSingle(0x3f808001), 0x3f81), (float.PositiveInfinity, 0x7f80), (float.MaxValue, 0x7f80),
        ];
        var source = new float[33];
        var destination = new ushort[33];
        for (int i = 0; i < source.Length; i++)
            source[i] = i == 32 ? float.NaN : cases[i % cases.Length].Value;
        fixed (float* from = source)
        fixed (ushort* to = destination)
            HalfFloats.ToBF16(from, to, source.Length);
        for (int i = 0; i < 32; i++)
            ((int)destination[i]).ShouldBe(cases[i % cases.Length].Bits);
        float.IsNaN(HalfFloats.FromBF16(destination[32])).ShouldBeTrue();
        float.IsNaN(HalfFloats.FromBF16(HalfFloats.ToBF16(BitConverter.UInt32BitsToSingle(0x7f800001)))).ShouldBeTrue();
    }

    [Theory]
    [InlineData(DType.F8_E4M3, 0x7e, 448f)]
    [InlineData(DType.F8_E4M3, 0x01, 0.001953125f)]
    [InlineData(DType.F8_E4M3, 0xb8, -1f)]
    [InlineData(DType.F8_E4M3, 0x7f, float.NaN)]
    [InlineData(DType.F8_E5M2, 0x7b, 57344f)]
    [InlineData(DType.F8_E5M2, 0x01, 1.52587890625e-05f)]
    [InlineData(DType.F8_E5M2, 0xfc, float.NegativeInfinity)]
    [InlineData(DType.F8_E5M2, 0x7d, float.NaN)]
    public void Eight_bit_floats_have_the_values_of_the_specification(DType type, byte code, float expected)
    {
        float actual;
        BlockFormats.Dequantize(type, &code, &actual, 1);
        actual.ShouldBe(expected);
    }

    [Fact]
    public void Integers_and_doubles_widen()
    {
        RawTensor numbers = RawTensor.Allocate("n", DType.I64, [2]);
        ((long*)numbers.Data)[0] = -3;
        ((long*)numbers.Data)[1] = 1L << 40;
        BlockFormats.ToFloats(numbers).ShouldBe([-3f, 1099511627776f]);
        RawTensor doubles = RawTensor.Allocate("d", DType.F64, [1]);
        ((double*)doubles.Data)[0] = 0.1;
        BlockFormats.ToFloats(doubles).ShouldBe([0.1f]);
    }

    // A step of numbers from -1 to 1: 2 / (2^bits - 1) where there is a minimum, more where the largest may be clipped.
    [Theory]
    [InlineData(DType.Q8_0, 0.006f)]
    [InlineData(DType.Q6_K, 0.035f)]
    [InlineData(DType.Q5_K, 0.07f)]
    [InlineData(DType.Q5_0, 0.07f)]
    [InlineData(DType.Q5_1, 0.04f)]
    [InlineData(DType.Q4_K, 0.14f)]
    [InlineData(DType.Q4_0, 0.14f)]
    [InlineData(DType.Q4_1, 0.08f)]
    [InlineData(DType.IQ4_NL, 0.14f)]
    [InlineData(DType.Q3_K, 0.3f)]
    [InlineData(DType.Q2_K, 0.6f)]
    public void Written_numbers_come_back_within_a_step(DType type, float ofLargest)
    {
        Gen<float[]> rows = Gen.Choose(-1_000_000, 1_000_000).Select(i => i / 1e6f).ArrayOf(256);
        Prop.ForAll(rows.ToArbitrary(), row =>
        {
            var blocks = new byte[type.ByteCount(256)];
            var back = new float[256];
            fixed (float* source = row, destination = back)
            fixed (byte* p = blocks)
            {
                BlockFormats.Quantize(type, source, p, 256);
                BlockFormats.Dequantize(type, p, destination, 256);
            }

            float largest = row.Max(MathF.Abs);
            return row.Zip(back).All(pair => MathF.Abs(pair.First - pair.Second) <= ofLargest * largest + 1e-6f);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(30));
    }

    [Fact]
    public void Zeros_stay_zeros_in_every_type_but_the_signs()
    {
        var zeros = new float[256];
        foreach (DType type in Enum.GetValues<DType>().Where(BlockFormats.CanQuantize))
        {
            var blocks = new byte[type.ByteCount(256)];
            float[] back = [.. Enumerable.Repeat(5f, 256)];
            fixed (float* source = zeros, destination = back)
            fixed (byte* p = blocks)
            {
                BlockFormats.Quantize(type, source, p, 256);
                BlockFormats.Dequantize(type, p, destination, 256);
            }

            back.ShouldAllBe(value => value == 0, type.ToString());
        }
    }

    [Fact]
    public void Part_of_a_block_is_refused()
    {
        byte b = 0;
        float f = 0;
        Should.Throw<ArgumentException>(() => Try(DType.Q4_0, 31));
        Should.Throw<ArgumentException>(() => Try(DType.Q4_K, 128));
        Should.Throw<ArgumentException>(() => Try(DType.F32, -1));

        void Try(DType type, long count)
        {
            byte bytes = b;
            float floats = f;
            BlockFormats.Dequantize(type, &bytes, &floats, count);
        }
    }

    [Fact]
    public void Raw_tensors_refuse_bytes_that_do_not_fit_their_shape()
    {
        Should.Throw<ArgumentException>(() => new RawTensor("w", DType.F32, [2, 3], null, 23, null, "f")).Message.ShouldContain("'w'");
        Should.Throw<ArgumentException>(() => new RawTensor("w", DType.Q4_0, [2, 31], null, 0, null, "f")).Message.ShouldContain("rows of 31");
        Should.Throw<ArgumentException>(() => new RawTensor("w", DType.F32, [-1], null, 0, null, "f"));
        Should.Throw<OverflowException>(() => new RawTensor("w", DType.F32, [1L << 40, 1L << 40], null, 0, null, "f"));
        RawTensor tensor = RawTensor.FromFloats("w", [2, 3], [1, 2, 3, 4, 5, 6]);
        BlockFormats.ToFloats(tensor.Slice("v", 1, 1)).ShouldBe([4f, 5, 6]);
        Should.Throw<ArgumentOutOfRangeException>(() => tensor.Span(20, 5));
        Should.Throw<InvalidOperationException>(() => RawTensor.ShapeOnly("s", DType.F32, 4).Span(0, 4));
    }
}
