using Sensorium.Media.Images.Jpeg;

namespace Sensorium.Media.Tests.Jpeg;

public class RowPipelineTests
{
    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 8)]
    [InlineData(500, 3)]
    public void RowsAreConsumedInOrderWhileTheirSlotsHold(int rows, int slots)
    {
        int[] buffer = new int[slots];
        List<int> consumed = [];
        RowPipeline.Run(
            rows,
            slots,
            row => Volatile.Write(ref buffer[row % slots], row),
            row =>
            {
                Volatile.Read(ref buffer[row % slots]).ShouldBe(row);
                if (row > 0)
                {
                    Volatile.Read(ref buffer[(row - 1) % slots]).ShouldBe(row - 1);
                }

                consumed.Add(row);
            });
        consumed.ShouldBe(Enumerable.Range(0, rows));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(57)]
    public void AnErrorOfTheFirstStageStopsBoth(int at) =>
        Should.Throw<InvalidDataException>(() => RowPipeline.Run(100, 4, row => Throw(row == at), _ => { }));

    [Theory]
    [InlineData(0)]
    [InlineData(57)]
    [InlineData(99)]
    public void AnErrorOfTheSecondStageStopsBoth(int at) =>
        Should.Throw<InvalidDataException>(() => RowPipeline.Run(100, 4, _ => { }, row => Throw(row == at)));

    static void Throw(bool now)
    {
        if (now)
        {
            throw new InvalidDataException();
        }
    }
}
