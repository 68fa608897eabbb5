using System.Runtime.InteropServices;
using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Scalar;

namespace Sensorium.Tensors.Tests.Cpu;

/// <summary>What was packed before is taken up as it lies, and is the same.</summary>
public sealed unsafe class AdoptTests
{
    public static TheoryData<DType> Types() => [.. Samples.TiersAndTypes().Select(row => (DType)((object[])row)[1]).Distinct()];

    [Theory]
    [MemberData(nameof(Types))]
    public void A_copy_of_any_type_and_role_is_the_weight_again(DType type)
    {
        int inputs = type.BlockSize() == 1 ? 37 : type.BlockSize() * (type.BlockSize() == 32 ? 3 : 1);
        foreach (WeightRole role in new[] { WeightRole.Matrix, WeightRole.Table, WeightRole.TableAndMatrix, WeightRole.Vector })
        {
            Same(Samples.Raw(type, 5, 37, inputs), role);
        }
    }

    [Fact]
    public void So_is_a_convolution()
    {
        foreach (DType type in new[] { DType.F32, DType.F16, DType.BF16, DType.F64 })
        {
            foreach (long[] shape in new long[][] { [19, 5, 3, 2], [19, 1, 3, 3], [19, 6, 1, 1], [19, 4, 7] })
            {
                Same(Samples.Raw(type, 1, shape), WeightRole.Convolution);
            }
        }
    }

    [Fact]
    public void Bytes_of_another_weight_are_refused()
    {
        CpuDevice device = Samples.Device(KernelTiers.Best);
        RawTensor packed = device.Prepare(Samples.Raw(DType.Q8_0, 1, 32, 64), WeightRole.Matrix).PackedBytes!;
        Refused(packed, DType.Q8_0, [32, 96], WeightRole.Matrix);
        Refused(packed, DType.Q8_0, [48, 64], WeightRole.Matrix);
        Refused(packed, DType.Q4_0, [32, 64], WeightRole.Matrix);
        Refused(packed, DType.F32, [32, 64], WeightRole.Vector);
        Refused(RawTensor.ShapeOnly("none", DType.U8, 0), DType.Q8_0, [32, 64], WeightRole.Matrix);

        // Kernels count on the alignment.
        RawTensor longer = RawTensor.Allocate("longer", DType.U8, [packed.ByteLength + 1]);
        Refused(new RawTensor("shifted", DType.U8, [packed.ByteLength], longer.Data + 1, packed.ByteLength, longer, "memory"), DType.Q8_0, [32, 64], WeightRole.Matrix);

        void Refused(RawTensor bytes, DType type, long[] shape, WeightRole role) => Should.Throw<ArgumentException>(() => device.Adopt(RawTensor.ShapeOnly("w", type, shape), role, bytes));
    }

    [Fact]
    public void The_reference_keeps_no_copies()
    {
        using var device = new ScalarDevice();
        device.PackedForm.ShouldBeNull();
        device.Prepare(Samples.Raw(DType.F32, 1, 2, 2), WeightRole.Matrix).PackedBytes.ShouldBeNull();
    }

    static void Same(RawTensor raw, WeightRole role)
    {
        string what = $"{raw} {role}";
        CpuDevice device = Samples.Device(KernelTiers.Best);
        PreparedWeight packed = device.Prepare(raw, role);
        RawTensor kept = packed.PackedBytes!;
        (kept.ByteLength % 64).ShouldBe(0, what);
        RawTensor file = RawTensor.Allocate("file", DType.U8, [kept.ByteLength]);
        NativeMemory.Copy(kept.Data, file.Data, (nuint)kept.ByteLength);

        PreparedWeight adopted = device.Adopt(RawTensor.ShapeOnly(raw.Name, raw.Type, raw.Shape.ToArray()), role, file);
        adopted.PrivateBytes.ShouldBe(0, what);
        packed.PrivateBytes.ShouldBeGreaterThan(0, what);
        adopted.ReadBytes.ShouldBe(packed.ReadBytes, what);
        adopted.ArithmeticOf(Numerics.Fast).ShouldBe(packed.ArithmeticOf(Numerics.Fast), what);
        ((nint)adopted.PackedBytes!.Data).ShouldBe((nint)file.Data, what);
        nint rows = (nint)raw.Shape[0];
        float[] expected = new float[raw.Elements], actual = new float[raw.Elements];
        packed.Unpack(0, rows, expected);
        adopted.Unpack(0, rows, actual);
        actual.ShouldBeSameBits(expected, what);

        // Packed twice, it is the same to the byte, what is only there to fill up included.
        RawTensor again = device.Prepare(raw, role).PackedBytes!;
        new ReadOnlySpan<byte>(again.Data, (int)again.ByteLength).SequenceEqual(new ReadOnlySpan<byte>(file.Data, (int)file.ByteLength)).ShouldBeTrue(what);
        GC.KeepAlive(packed);
        GC.KeepAlive(again);
    }
}
