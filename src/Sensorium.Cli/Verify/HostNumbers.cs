using System.Buffers.Binary;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify;

/// <summary>Reads tensors of whole numbers, which are not for computing and so have no kernel.</summary>
static class HostNumbers
{
    /// <summary>All numbers, row-major.</summary>
    public static double[] Read(RawTensor tensor)
    {
        var bytes = tensor.Span(0, checked((int)tensor.ByteLength));
        int size = tensor.Type.BlockBytes();
        var numbers = new double[tensor.Elements];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = One(tensor.Type, bytes.Slice(i * size, size));
        }

        return numbers;
    }

    static double One(DType type, ReadOnlySpan<byte> bytes) => type switch
    {
        DType.I64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        DType.I32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        DType.I16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        DType.I8 => (sbyte)bytes[0],
        DType.U64 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        DType.U32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        DType.U16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        DType.U8 or DType.Bool => bytes[0],
        DType.F64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        _ => throw new InvalidOperationException($"{type} in a bundle's tensors"),
    };
}
