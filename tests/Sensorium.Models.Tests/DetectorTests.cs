using Sensorium.Models.Encoders.Detectors;

namespace Sensorium.Models.Tests;

public sealed class DetectorTests
{
    static readonly Box Left = new(0, 0, 1, 1);
    static readonly Box LeftToo = new(0, 0.1f, 1, 1.1f);
    static readonly Box Right = new(0, 2, 1, 3);

    [Fact]
    public void IouIsSharedOverAll()
    {
        Left.Iou(Left).ShouldBe(1);
        Left.Iou(Right).ShouldBe(0);
        Left.Iou(LeftToo).ShouldBe(0.9f / 1.1f, 1e-6);
        new Box(0.5f, 0.5f, 0.5f, 0.5f).Iou(Left).ShouldBe(0);
    }

    [Fact]
    public void TheBestOfOverlappingBoxesStays() =>
        NonMaximumSuppression.Keep([Left, LeftToo, Right], [0.8f, 0.9f, 0.6f], 0.5f, inclusive: false, 0.5f, 10).ShouldBe([1, 2]);

    [Fact]
    public void EqualScoresGoByTheLowerIndex() =>
        NonMaximumSuppression.Keep([Left, LeftToo], [0.8f, 0.8f], 0.5f, inclusive: false, 0.5f, 10).ShouldBe([0]);

    [Fact]
    public void TheThresholdCountsAsTold()
    {
        NonMaximumSuppression.Keep([Left], [0.5f], 0.5f, inclusive: false, 0.5f, 10).ShouldBeEmpty();
        NonMaximumSuppression.Keep([Left], [0.5f], 0.5f, inclusive: true, 0.5f, 10).ShouldBe([0]);
    }

    [Fact]
    public void NoMoreThanAskedAreKept() =>
        NonMaximumSuppression.Keep([Left, Right], [0.8f, 0.9f], 0.5f, inclusive: false, 0.5f, 1).ShouldBe([1]);
}
